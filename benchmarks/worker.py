"""What all workers share: settings as one JSON argument in, one line of JSON out."""

import json
import sys


def main(measure):
    """Call ``measure(**settings)`` and print what it returns."""
    print(json.dumps(measure(**json.loads(sys.argv[1]))), flush=True)

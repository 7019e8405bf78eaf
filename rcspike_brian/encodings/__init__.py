"""Input encodings, which turn pixels into spike times: one file each.

``ENCODINGS`` has them by the name that settings take; put one of your own there.
"""

from rcspike_brian.encodings.base import Encoding
from rcspike_brian.encodings.linear import LinearEncoding

ENCODINGS: dict[str, Encoding] = {encoding.name: encoding for encoding in (LinearEncoding(),)}

__all__ = ["ENCODINGS", "Encoding", "LinearEncoding"]

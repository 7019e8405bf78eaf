"""``python -m rcspike_brian`` is the command ``rcspike``."""

from rcspike_brian.commands import main

main(prog_name="rcspike")

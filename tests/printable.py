"""
Fail unless each FILE is text that a terminal shows as it is: UTF-8, without
control characters (but newlines, also of CSV) and without characters that
reverse the text after them.

    printable.py FILE...
"""
import re
import sys

SPECIAL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
wrong = False

for name in sys.argv[1:]:
    with open(name, "rb") as file:
        data = file.read().replace(b"\r\n", b"\n")
    try:
        found = SPECIAL.search(data.decode("utf-8"))
        at = found and found.start()
    except UnicodeDecodeError as error:
        at = error.start
    if at is not None:
        print(f"{name}: at {at}: {data[max(at - 40, 0):at + 20]!r}")
        wrong = True
sys.exit(wrong)

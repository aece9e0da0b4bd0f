"""
Check what `zcopy --benchmark` has printed into ../report.

    report.py json EXPRESSION   it is one line of JSON, and EXPRESSION, of
                                Python, is true; see query() for its names
    report.py csv               it is CSV as RFC 4180 has it, and each row has
                                figures or says why not
"""
import csv
import json
import sys

REPORT = "../report"


def query(expression):
    with open(REPORT) as file:
        text = file.read()
    assert text.count("\n") == 1
    d = json.loads(text)

    def names(route):
        return [m["name"] for m in route["methods"]]

    def method(route, name):
        return next(m for m in routes[route]["methods"] if m["name"] == name)

    routes = {r["name"]: r for r in d["routes"]}
    measured = [m for r in d["routes"] for m in r["methods"] if m["rounds"]]
    known = {"d": d, "names": names, "method": method, "routes": routes,
             "measured": measured}
    if not eval("(" + expression + ")", known):
        json.dump(d, sys.stdout, indent=1)
        sys.exit("\nnot so: " + expression)


def check_csv():
    with open(REPORT, newline="") as file:
        text = file.read()
    assert text.count("\n") == text.count("\r\n")
    rows = list(csv.DictReader(text.splitlines()))
    assert {r["source"] for r in rows if r["route"] == "SOURCE to DEST"} \
        == {'a "name", with commas'}
    assert {r["method"] for r in rows} >= {"sendfile", "read-write"}
    for r in rows:
        if r["refused"]:
            assert r["rounds"] == "0" and not r["speed_ratio"], r
        else:
            assert r["rounds"] == "2" and float(r["speed_ratio"]) > 0, r
        assert None not in r and None not in r.values(), r


if __name__ == "__main__":
    {"json": query, "csv": check_csv}[sys.argv[1]](*sys.argv[2:])

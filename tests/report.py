"""
Check the reports of `zcopy --benchmark`, in ../report, and of scripts/race.

    report.py json EXPRESSION   ../report is one line of JSON, and EXPRESSION,
                                of Python, is true; query() has its names
    report.py csv               ../report is CSV as in RFC 4180, and each row
                                has figures or a reason why not
    report.py race FILE         FILE, of --rounds 3 --json, has three samples
                                of zcopy and of cat
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


def check_race(name):
    with open(name) as file:
        tools = json.load(file)["lanes"][0]["tools"]
    assert len(tools["zcopy"]["wall"]) == 3
    assert len(tools["cat"]["cpu"]) == 3
    assert tools["cat"]["failed"] is None


if __name__ == "__main__":
    {"json": query, "csv": check_csv, "race": check_race}[sys.argv[1]](*sys.argv[2:])

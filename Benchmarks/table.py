#!/usr/bin/env python3
"""Writes what the races found into docs/benchmarks.md, between marker comments, and leaves the rest of it alone.

Usage: Benchmarks/table.py [RESULTS [DOCUMENT]], by default Benchmarks/results.jsonl and docs/benchmarks.md.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import results

HERE = os.path.dirname(os.path.abspath(__file__))
# In the order of the tables.
RACES = ["two-tower", "dlrm", "ials", "bpr", "ease", "topk", "single", "ann", "evaluation", "flow", "etl", "publish", "serving",
         "features", "events", "online", "triton", "inference"]


def megabytes(value):
    return "–" if value is None else f"{value:,.0f}"


def marked(lines):
    """Each line's place in the list of machines, and that list."""
    machines = list(dict.fromkeys(line["machine"] for line in lines))
    return machines, {name: number + 1 for number, name in enumerate(machines)}


def foot(machines):
    return ["", *(f"Machine {number + 1}: {name}." for number, name in enumerate(machines))]


def speed(lines):
    lines = [line for line in lines if line["race"] in RACES]
    lines.sort(key=lambda line: (RACES.index(line["race"]), line["work"]))
    machines, number = marked(lines)
    rows = ["| work | peer | Martlet | ratio | asked | share of the ceiling | peak MB, peer · Martlet | remarks | measured |",
            "|---|---|---|---|---|---|---|---|---|"]
    for line in lines:
        asked, bound, share, ratios = line.get("asked"), line.get("bound"), line.get("share"), line.get("ratios", [])
        ratio = f"{line['ratio']:.2f} ×" if ratios else "–"
        if ratios and asked is not None and line["ratio"] >= asked:
            ratio = f"**{ratio}**"
        if len(ratios) > 1:
            ratio += f" ({min(ratios):.2f}–{max(ratios):.2f})"
        ours, wanted = f"{results.figure(line['ours'])} {line['unit']}", []
        if asked is not None:
            wanted.append(f"≥ {asked:g} ×")
        if bound is not None:
            wanted.append(f"{'≤' if line['less'] else '≥'} {results.figure(bound)} {line['unit']}")
            if line["ours"] <= bound if line["less"] else line["ours"] >= bound:
                ours = f"**{ours}**"
        rows.append("| " + " | ".join([
            line["work"], f"{line['peer']}: {results.figure(line['theirs'])} {line['unit']}" if ratios else "–",
            ours, ratio, "; ".join(wanted) or "–",
            "–" if share is None else f"{share:.0%} of {line['ceiling']}",
            f"{megabytes(line.get('peer_peak'))} · {megabytes(line.get('peak'))}",
            "; ".join(filter(None, [line.get("note"), None if line.get("calm", True) else "other programs ran beside it"])),
            f"{line['date']}, {number[line['machine']]}"]) + " |")
    return rows + foot(machines)


def quality(lines):
    lines = [line for line in lines if line["race"] == "quality"]
    machines, number = marked(lines)
    rows = []
    for table in dict.fromkeys(line["table"] for line in lines):
        chosen = [line for line in lines if line["table"] == table]
        names = list(chosen[0]["metrics"])
        rows += ["", f"| {table.capitalize()} | " + " | ".join(names)
                 + " | asked | seconds | peak MB | seed | remarks | measured |",
                 "|" + "---|" * (len(names) + 7)]
        for line in chosen:
            asked = line.get("asked") or {}
            values = []
            for name in names:
                value = line["metrics"].get(name)
                text = "–" if value is None else f"{value:.4f}"
                values.append(f"**{text}**" if value is not None and value >= asked.get(name, 2) else text)
            wanted = " / ".join(f"{asked[name]:.3f}" for name in names if name in asked)
            rows.append(f"| {line['work']} | {' | '.join(values)} | {'≥ ' + wanted if wanted else '–'} "
                        f"| {line['seconds']:.0f} | {line['peak']:,.0f} | {line['seed']} | {line.get('note', '')} "
                        f"| {line['date']}, {number[line['machine']]} |")
    return rows[1:] + foot(machines)


def replace(text, name, rows):
    """The text with the rows between the markers of that name."""
    begin, end = f"<!-- races: {name} -->", f"<!-- races: end of {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        sys.exit(f"the document must have the lines '{begin}' and '{end}' once each, in this order")
    head, rest = text.split(begin)
    return head + begin + "\n" + "\n".join(rows) + "\n" + end + rest.split(end)[1]


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "results.jsonl")
    document = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "..", "docs", "benchmarks.md")
    lines = results.read(path)
    with open(document) as file:
        text = file.read()
    for name, rows in [("quality", quality(lines)), ("speed", speed(lines))]:
        text = replace(text, name, rows)
    with open(document, "w") as file:
        file.write(text)


main()

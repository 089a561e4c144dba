"""The benchmark: whether the course keeps the numbers it promises. `make bench`, or `python -m bench --help`.

Each module measures one thing, by one function `measure(quick) -> list[Row]`; `suite` lists them, `table` prints them.
Whatever is compared is measured side by side in one run, in turns (A B A B), and given as the median with the smallest
and the largest value: on a shared machine, single numbers mislead.
"""

"""A sample of tests, for runs that take many times as long: the same one each time."""
import collections


def spread(things, count):
    """So many of them, evenly from the first to the last; all when there are no more, or count is None."""
    if count is None or len(things) <= count:
        return things
    return [things[n * (len(things) - 1) // max(count - 1, 1)] for n in range(count)]


def of(ids, functions=None, cases=None):
    """Of the ids of tests those of so many functions of each file, and of each function so many cases."""
    files = collections.defaultdict(lambda: collections.defaultdict(list))
    for id in ids:
        function = id.partition("[")[0]
        files[function.partition("::")[0]][function].append(id)
    return [id for found in files.values() for function in spread(list(found.values()), functions) for id in spread(function, cases)]

def read_times(lines, fallback: float = 12.5) -> list[float]:
    """Read one waiting time a line.

    Args:
        lines: text such as "7,5 min"; a missing number
            counts as `fallback`.
        fallback: minutes.

    Returns:
        Minutes, in the order of the lines.
    """
    found = []
    for line in lines:
        m = re.search(r'\d+(?:[.,]\d+)?', line)
        # the kiosk at Læsø writes commas
        found.append(float(m[0].replace(',', '.')) if m else fallback)
    return found


def boats_needed(cars: int, *, spare=5) -> int:
    """Boats for so many cars.

    Raises:
        ValueError: fewer than no cars.
    """
    if cars < 0:
        raise ValueError('cannot ship %d cars' % cars)
    return -(-(cars + spare) // CAPACITY)


def as_text(ramp: Ramp) -> str:
    return f"{ramp.name}: {ramp.typical or 0:.1f} min, {boats_needed(len(ramp.times))} boats"  # for the board

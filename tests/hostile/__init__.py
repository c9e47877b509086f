"""Input that means harm, through the whole of a run."""

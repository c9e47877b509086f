"""The statistics of relay studies: pure functions of the table of steps (`Study.steps`, columns in `harness.COLUMNS`).

Every figure is an `Estimate` whose 95 % interval has the environment for its unit (`bootstrap` says how);
`overview.analyse` gives them all.
"""

"""Coverage-guided fuzzing of what reads a model's replies: `python -m tests.fuzz`, and a corpus that tests replay."""

"""One fuzz target for each parser.

`python -m fuzz.request_head --seconds 10 --seed 1`, with PYTHONPATH at the code to try: src or build/compiled.
"""

"""How fast it is, beside the limit measured in the same run: `make bench` writes docs/benchmarks.md."""

"""The candidates of benchmarks.fanout, each a process that does the same five steps when asked."""

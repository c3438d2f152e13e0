"""The ledger: what was observed, decided by people, and changed; kept on a branch of its own."""

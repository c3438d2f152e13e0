"""`make bench`: how fast and how large, on a generated repository; measured, never asserted."""

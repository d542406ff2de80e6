"""Tables that clients send: CSV, JSON lines and parquet, as pandas, Excel, Spark and databases write them."""

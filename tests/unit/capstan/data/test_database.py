"""Tables in a real PostgreSQL."""

import psycopg
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select

from capstan.data.database import Database
from capstan.errors import CapstanError
from tests.support.postgres import postgres

SCHEMA = MetaData()
ROWS = Table("rows", SCHEMA, Column("number", Integer))


def test_database_that_was_lost_gets_its_tables_again_after_one_failure():
    with postgres() as url:
        database = Database(url, SCHEMA, "rows")
        with database.transaction() as connection:
            connection.execute(insert(ROWS), {"number": 1})
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("DROP TABLE rows")
        with pytest.raises(CapstanError, match="rows cannot be read or written"):
            database.rows(select(ROWS))
        assert database.rows(select(ROWS)) == []

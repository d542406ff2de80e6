"""Build features: publish the rows behind each view, register the views, make the training set point in time."""

from pathlib import Path

from capstan.catalogue import load_task
from capstan.files import digest, read_tables, write_json, write_table, write_tables
from capstan.settings import settings


def build_features(capstone: str, tables: str, features: str, training_set: str, metrics: str) -> dict[str, float]:
    """Write the feature tables to the folder `features` and the training set to the parquet file `training_set`.

    The feature tables are also published to where Feast reads them. Return the rows, and the share of nulls by column.
    """
    task = load_task(capstone)
    clean = read_tables(tables)
    write_tables(task.feature_tables(clean), features)
    publish(task.FEATURE_DOMAIN, features)

    from feature_repo.store import apply

    store = apply(task.FEATURE_DOMAIN)
    service = store.get_feature_service(task.FEATURE_SERVICE)
    rows = store.get_historical_features(entity_df=task.entity_rows(clean), features=service).to_df()
    write_table(rows, training_set)
    nulls = {f"null_share_{column}": float(rows[column].isna().mean()) for column in task.INPUTS}
    return write_json({"rows": len(rows)} | nulls, metrics)


def publish(domain: str, features: str) -> str:
    """Copy feature tables to where Feast reads a domain's, if others stand there; return their digest."""
    published = settings().feature_tables / domain
    stamp = published / "digest"
    wanted = digest(Path(features))
    if not stamp.exists() or stamp.read_text() != wanted:
        stamp.unlink(missing_ok=True)
        write_tables(read_tables(features), published)
        stamp.write_text(wanted)
    return wanted


def service_version(capstone: str) -> str:
    """Return the name of a capstone's feature service and the digest of its views: their fields, keys and TTLs."""
    from importlib import import_module

    task = load_task(capstone)
    domain = vars(import_module(f"feature_repo.{task.FEATURE_DOMAIN}"))
    service = domain[task.FEATURE_SERVICE]
    used = {projection.name for projection in service.feature_view_projections}
    views = [value for value in domain.values() if getattr(value, "name", None) in used and hasattr(value, "features")]
    parts = [
        f"{view.name} {view.features} {getattr(view, 'entities', '')} {getattr(view, 'ttl', '')}" for view in views
    ]
    return f"{service.name}@{digest(*sorted(parts))}"

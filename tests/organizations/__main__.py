"""Fill an installation with a made-up organization, and a small one beside it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tests.organizations.buckets import Store
from tests.organizations.databases import Mongo
from tests.organizations.generator import generate
from tests.organizations.installation import Installation, StorageAt


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    organization = generate(
        options.seed,
        items=options.items,
        objects=options.objects,
        pages=options.pages,
        mean_size=options.mean_size,
        name=options.name,
        slug=options.slug,
    )
    installation = Installation(
        Store(options.s3_endpoint, options.access_key, options.secret_key),
        Mongo(options.mongo_uri, options.database),
        (StorageAt("default", options.bucket, options.prefix, is_primary=True),),
    )
    installation.prepare()
    installation.seed(organization)
    documents = sum(len(made) for made in organization.documents.values())
    print(f"{organization.slug} {organization.id}: {len(organization.objects)} objects, {documents} documents")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.organizations", description=__doc__)
    parser.add_argument("--mongo-uri", required=True)
    parser.add_argument("--database", default="browsertrixcloud")
    parser.add_argument("--s3-endpoint", required=True, help="URL without bucket")
    parser.add_argument("--access-key", required=True)
    parser.add_argument("--secret-key", required=True)
    parser.add_argument("--bucket", default="btrix-data")
    parser.add_argument("--prefix", default="", help='where in the bucket; ends in "/"')
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--items", type=int, default=20)
    parser.add_argument("--objects", type=int, default=200)
    parser.add_argument("--pages", type=int, default=5000)
    parser.add_argument("--mean-size", type=int, default=4096, help="bytes of an object, about")
    parser.add_argument("--name", default="Acme Archive")
    parser.add_argument("--slug", default="acme")
    return parser


if __name__ == "__main__":
    main()

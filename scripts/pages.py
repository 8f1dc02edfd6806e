"""The pages of a stage on AWS: `pages.py upload STAGE COLOUR | open STAGE COLOUR | front STAGE`. Needs boto3.

`upload` puts the files of dist/pages.zip into the stage's bucket as those of a colour, with API_DOCS=true also those of
dist/docs.zip, and removes what is not among them any more; `open` lets the stage's distribution serve a colour, unless
it serves another one that is there; `front` prints the colour that it serves and the id of that colour's API, which is
missing before the first deployment.
"""

import os
import sys
import zipfile
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import account
import facts

DIST = Path(__file__).parents[1] / "dist"
FIRST_COLOUR = "blue"
"""What the descriptions begin with."""

GATEWAY = "execute-api."
"""What the host of every API of API Gateway has behind its id."""


class Front(NamedTuple):
    """The distribution of a stage, its address, and which colour it serves by which API."""

    distribution: str
    address: str
    colour: str
    api: str


def bucket(stage: str) -> str:
    """Return the name of the bucket of a stage, which nobody else in the world may have."""
    number = account.client("sts").get_caller_identity()["Account"]
    return f"shopkeeper-{stage}-{number}-{account.region()}"


def upload(stage: str, colour: str) -> str:
    """Put the files into the bucket, the pages after what they load, and return what was done."""
    s3, name, prefix = account.client("s3"), bucket(stage), f"pages/{colour}/"
    known = facts.read()["pages"]
    files: dict[str, bytes] = {}
    for package in ("pages.zip", *(["docs.zip"] if _has_docs() else [])):
        with zipfile.ZipFile(DIST / package) as archive:
            files |= {file: archive.read(file) for file in archive.namelist()}
    for file in sorted(files, key=lambda file: ("/" not in file, file)):
        s3.put_object(
            Bucket=name,
            Key=prefix + file,
            Body=files[file],
            ContentType=known["media_types"][PurePosixPath(file).suffix],
            CacheControl=known["cache_control"],
        )
    listed = s3.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=prefix)
    old = [entry["Key"] for page in listed for entry in page.get("Contents", [])]
    removed = [key for key in old if key.removeprefix(prefix) not in files]
    for key in removed:
        s3.delete_object(Bucket=name, Key=key)
    return f"{len(files)} files of the pages of {colour} are in place; {len(removed)} old ones were removed."


def _has_docs() -> bool:
    """Tell whether the stage gets API docs. Their page of the owner, which leads to them, is instead of the other."""
    wanted = os.environ.get("API_DOCS") or "false"
    if wanted not in ("true", "false"):
        raise account.Refused(f"API_DOCS must be true or false, not {wanted!r}.")
    return wanted == "true"


def front(stage: str) -> Front | None:
    """Return what the distribution of a stage serves, None if there is no distribution."""
    host = f"{bucket(stage)}."
    pages = account.client("cloudfront").get_paginator("list_distributions").paginate()
    for distribution in (one for page in pages for one in page["DistributionList"].get("Items", [])):
        origins = {origin["Id"]: origin for origin in distribution["Origins"]["Items"]}
        if any(origin["DomainName"].startswith(host) for origin in origins.values()):
            path = origins.get("pages", {}).get("OriginPath", "")
            api = origins.get("api", {}).get("DomainName", GATEWAY).partition(GATEWAY)[0]
            colour = path.rpartition("/")[2] or FIRST_COLOUR
            return Front(distribution["Id"], f"https://{distribution['DomainName']}", colour, api.rstrip("."))
    return None


def open_first(stage: str, colour: str) -> str:
    """Serve a colour if none is served that is there, and return what is served. Raises Refused."""
    now = front(stage)
    if now is None or not now.api or not _is_there(now.api):
        return put_in_front(stage, colour)
    if now.colour != colour:
        return f"{now.address} still serves {now.colour}: `scripts/release promote {stage} {colour}` changes that."
    return f"{now.address} serves {colour}."


def put_in_front(stage: str, colour: str, is_dry: bool = False) -> str:
    """Let the distribution serve the pages and the API of a colour, and return what was done. Raises Refused."""
    now = front(stage)
    if now is None:
        raise account.Refused(f"Stage {stage} has no distribution in this account; deploy its data first.")
    api = account.api_id(f"shopkeeper-{stage}-{colour}")
    if not _has_pages(stage, colour):
        raise account.Refused(f"The pages of {colour} are not in the bucket of stage {stage}; deploy it first.")
    if (now.colour, now.api) == (colour, api):
        return f"{now.address} serves {colour} already."
    if is_dry:
        return f"Would let {now.address} serve {colour}."
    cloudfront = account.client("cloudfront")
    found = cloudfront.get_distribution_config(Id=now.distribution)
    config: dict[str, Any] = found["DistributionConfig"]
    origins = {origin["Id"]: origin for origin in config["Origins"]["Items"]}
    if not {"pages", "api"} <= set(origins):
        raise account.Refused(f"{now.address} is of a version that served no pages; deploy the data of {stage} first.")
    host = origins["api"]["DomainName"]
    origins["api"]["DomainName"] = f"{api}.{host[host.index(GATEWAY) :]}"
    origins["pages"]["OriginPath"] = f"/pages/{colour}"
    cloudfront.update_distribution(Id=now.distribution, IfMatch=found["ETag"], DistributionConfig=config)
    return f"{now.address} serves {colour}, everywhere in a few minutes."


def _is_there(api: str) -> bool:
    gateway = account.client("apigateway")
    try:
        gateway.get_rest_api(restApiId=api)
    except gateway.exceptions.NotFoundException:
        return False
    return True


def _has_pages(stage: str, colour: str) -> bool:
    listed = account.client("s3").list_objects_v2(Bucket=bucket(stage), Prefix=f"pages/{colour}/index.html", MaxKeys=1)
    return bool(listed.get("KeyCount"))


def answer(*command: str) -> str:
    """Run a command and return what it has to say. Raises Refused."""
    match command:
        case ("upload", stage, colour):
            return upload(stage, colour)
        case ("open", stage, colour):
            return open_first(stage, colour)
        case ("front", stage):
            now = front(stage)
            return f"{now.colour} {now.api}" if now else FIRST_COLOUR
    raise account.Refused("The command must be upload STAGE COLOUR, open STAGE COLOUR or front STAGE.")


if __name__ == "__main__":
    account.run("pages.py", __doc__, answer, sys.argv[1:])

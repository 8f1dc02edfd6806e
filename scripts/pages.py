"""The pages of a stage on AWS: `pages.py upload STAGE COLOUR | open STAGE COLOUR | front STAGE`. Needs boto3.

`upload` puts the files of dist/pages.zip into the stage's bucket as those of a colour, with API_DOCS=true also those of
dist/docs.zip, and removes what is not among them any more; `open` lets the stage's distribution serve a colour, unless
it serves another one that is there; `front` prints the colour that it serves, the id of that colour's API and the host
of its Function URL. The id is missing before the first deployment, and the host with FRONT=gateway.
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

API, COUNTER = "api", "counter"
"""The origins that answer for the API: the gateway, and the Function URL, if there is one."""


class Served(NamedTuple):
    """What a distribution serves: the pages of a colour, its API by the id, and its Function URL by the host."""

    colour: str
    api: str
    url: str


class Front(NamedTuple):
    """The distribution of a stage, its address, and what it serves."""

    distribution: str
    address: str
    served: Served


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
            api = origins.get(API, {}).get("DomainName", GATEWAY).partition(GATEWAY)[0]
            colour = path.rpartition("/")[2] or FIRST_COLOUR
            served = Served(colour, api.rstrip("."), origins.get(COUNTER, {}).get("DomainName", ""))
            return Front(distribution["Id"], f"https://{distribution['DomainName']}", served)
    return None


def open_first(stage: str, colour: str) -> str:
    """Serve a colour unless another is served that is there, and return what is served. Raises Refused."""
    now = front(stage)
    if now is not None and now.served.colour != colour and now.served.api and _is_there(now.served.api):
        other = now.served.colour
        return f"{now.address} still serves {other}: `scripts/release promote {stage} {colour}` changes that."
    return put_in_front(stage, colour)


def put_in_front(stage: str, colour: str, is_dry: bool = False) -> str:
    """Let the distribution serve the pages and the API of a colour, and return what was done. Raises Refused."""
    now = front(stage)
    if now is None:
        raise account.Refused(f"Stage {stage} has no distribution in this account; deploy its data first.")
    name = f"shopkeeper-{stage}-{colour}"
    wanted = Served(colour, account.api_id(name), _url_host(name))
    if not _has_pages(stage, colour):
        raise account.Refused(f"The pages of {colour} are not in the bucket of stage {stage}; deploy it first.")
    if now.served == wanted:
        return f"{now.address} serves {colour} already."
    if is_dry:
        return f"Would let {now.address} serve {colour}."
    cloudfront = account.client("cloudfront")
    found = cloudfront.get_distribution_config(Id=now.distribution)
    config: dict[str, Any] = found["DistributionConfig"]
    origins = {origin["Id"]: origin for origin in config["Origins"]["Items"]}
    if not {"pages", API} <= set(origins):
        raise account.Refused(f"{now.address} is of a version that served no pages; deploy the data of {stage} first.")
    host = origins[API]["DomainName"]
    origins[API]["DomainName"] = f"{wanted.api}.{host[host.index(GATEWAY) :]}"
    origins["pages"]["OriginPath"] = f"/pages/{colour}"
    _serve_by_url(config, stage, wanted.url)
    cloudfront.update_distribution(Id=now.distribution, IfMatch=found["ETag"], DistributionConfig=config)
    return f"{now.address} serves {colour}, everywhere in a few minutes."


def _serve_by_url(config: dict[str, Any], stage: str, host: str) -> None:
    """Change a distribution's configuration so that the function with a URL is asked by it, or by the gateway again."""
    origins = [origin for origin in config["Origins"]["Items"] if origin["Id"] != COUNTER]
    viewers: list[dict[str, str]] = []
    if host:
        origins.append(_url_origin(host, _access(stage)))
        viewers = [{"EventType": "viewer-request", "FunctionARN": _viewer(stage)}]
    config["Origins"] = {"Quantity": len(origins), "Items": origins}
    direct = facts.read()["pages"]["direct"]
    for behaviour in config.get("CacheBehaviors", {}).get("Items", []):
        if behaviour["PathPattern"] in direct:
            behaviour["TargetOriginId"] = COUNTER if host else API
            behaviour["FunctionAssociations"] = {"Quantity": len(viewers), "Items": viewers}


def _url_origin(host: str, access: str) -> dict[str, Any]:
    return {
        "Id": COUNTER,
        "DomainName": host,
        "OriginPath": "",
        "CustomHeaders": {"Quantity": 0},
        "OriginAccessControlId": access,
        "CustomOriginConfig": {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "https-only",
            "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
        },
    }


def _access(stage: str) -> str:
    """Return the id of what signs for Function URLs. Raises Refused."""
    pages = account.client("cloudfront").get_paginator("list_origin_access_controls").paginate()
    for page in pages:
        for control in page["OriginAccessControlList"].get("Items", []):
            if control["Name"] == f"shopkeeper-{stage}-{COUNTER}":
                return str(control["Id"])
    raise account.Refused(f"Stage {stage} is of a version that knew no FRONT=distribution; deploy its data first.")


def _viewer(stage: str) -> str:
    """Return the ARN of the function of CloudFront that says who asks."""
    found = account.client("cloudfront").describe_function(Name=f"shopkeeper-{stage}-viewer", Stage="LIVE")
    return str(found["FunctionSummary"]["FunctionMetadata"]["FunctionARN"])


def _url_host(name: str) -> str:
    """Return the host of the Function URL of a colour, empty if it has none."""
    (function,) = [function for function, one in facts.read()["functions"].items() if one["has_url"]]
    client = account.client("lambda")
    try:
        found = client.get_function_url_config(FunctionName=f"{name}-{function}", Qualifier="live")
    except client.exceptions.ResourceNotFoundException:
        return ""
    return str(found["FunctionUrl"]).removeprefix("https://").rstrip("/")


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
            return " ".join(now.served if now else (FIRST_COLOUR,)).strip()
    raise account.Refused("The command must be upload STAGE COLOUR, open STAGE COLOUR or front STAGE.")


if __name__ == "__main__":
    account.run("pages.py", __doc__, answer, sys.argv[1:])

"""The command `shopkeeper cost`."""

from typing import Annotated

import msgspec
import typer

from shopkeeper.operator.terminal import out
from shopkeeper.settings import Front, LogDetail, Stage

MOST = 10**12
"""The largest number of requests a month that is taken."""


app = typer.Typer()


@app.command()
def cost(
    *,
    visits: Annotated[int, typer.Option(help="Calls of the counter in a month.", min=0, max=MOST)] = 0,
    views: Annotated[int, typer.Option(help="Page views that are counted in depth.", min=0, max=MOST)] = 0,
    orders: Annotated[int, typer.Option(help="Orders that are placed.", min=0, max=MOST)] = 0,
    pages: Annotated[int, typer.Option(help="Order pages that are shown.", min=0, max=MOST)] = 0,
    cached: Annotated[
        int, typer.Option(help="How many in 100 of their requests the distribution answers itself.", min=0, max=100)
    ] = 0,
    front: Annotated[Front, typer.Option(help="How the counter is asked, as by FRONT.")] = "gateway",
    stage: Annotated[Stage, typer.Option(help="The stage.")] = "prod",
    log_detail: Annotated[LogDetail, typer.Option(help="What LOG_DETAIL is.")] = "full",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what a month of a stage costs on AWS."""
    from shopkeeper.operator.costing import PRICES, Use, bill

    use = Use(visits=visits, views=views, orders=orders, pages=pages, cached=cached / 100, front=front)
    found = bill(use, stage, log_detail=log_detail)
    if as_json:
        told = {
            "stage": stage,
            "use": use,
            "log_detail": log_detail,
            "prices": {"of": PRICES.of, "region": PRICES.region},
            "dollars": {
                "requests": _rounded(found.requests),
                "beside": _rounded(found.beside),
                "of_requests": round(found.of_requests, 4),
                "total": round(found.total, 4),
            },
        }
        print(msgspec.json.encode(told).decode())
        return
    out.print(f"A month of stage {stage}, in US dollars ({PRICES.region}, prices of {PRICES.of}):")
    for name, dollars in (
        *found.requests.items(),
        ("the requests", found.of_requests),
        *found.beside.items(),
        ("the whole", found.total),
    ):
        out.print(f"{name:<14}{dollars:>16,.2f}")


def _rounded(dollars: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in dollars.items()}

"""Customers' data of a deployed stage, which a schedule removes."""

from tests.deploy.deployment import Deployment
from tests.support.shop import Owner, order_for, place


def customers_are_forgotten(deployment: Deployment) -> bool:
    """Let the schedule remove the customer's data from the order of a business that is deleted."""
    owner = Owner(deployment.place)
    placed = place(owner, order_for(owner.add()))
    order_id = placed.json["order_id"]
    steps = [
        owner.ask("POST", f"/api/orders/{order_id}/reject").status,
        owner.ask("DELETE", f"/api/businesses/{owner.business_id}").status,
    ]
    if (placed.status, *steps) != (201, 200, 204) or not deployment.run_schedule("order-retention"):
        return False
    key = {"order_id": {"S": order_id}}
    return "erased_at" in deployment.aws.client("dynamodb").get_item(TableName="orders-dev", Key=key)["Item"]

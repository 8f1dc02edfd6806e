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
    if (placed.status, *steps) != (201, 200, 204):
        return False
    database = deployment.aws.client("dynamodb")
    database.update_item(  # it is due once the index has all orders, instead of being waited for
        TableName="orders-dev",
        Key={"order_id": {"S": f"deleted-business#{owner.business_id}"}},
        UpdateExpression="SET finished_at = :past",
        ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00.000Z"}},
    )
    if not deployment.run_schedule("order-retention"):
        return False
    return "erased_at" in database.get_item(TableName="orders-dev", Key={"order_id": {"S": order_id}})["Item"]

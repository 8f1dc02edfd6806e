"""A dashboard of CloudWatch, read into the plain model."""

import json

from tests.deploy.model import Model


def read_dashboard(body: Model) -> Model:
    """Return the widgets of a dashboard by their titles: where they are, and what they show."""
    return {
        widget["properties"]["title"]: {
            "place": [widget[name] for name in ("x", "y", "width", "height")],
            "period": widget["properties"].get("period"),
            "shows": [widget["properties"]["stat"], *map(json.dumps, widget["properties"]["metrics"])]
            if widget["type"] == "metric"
            else [widget["properties"]["query"]],
        }
        for widget in body["widgets"]
    }

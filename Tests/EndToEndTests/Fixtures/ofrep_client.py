"""Looks flags up with the unmodified OpenFeature SDK and its OFREP provider.

ofrep_client.py URL CASES: CASES is a file with a JSON list of {"flag", "context", "type"}; prints a JSON list of
{"value", "variant", "reason", "error"}. Null stands for a value that was the caller's default.
"""

import json
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext


DEFAULTS = {"boolean": False, "string": "caller", "integer": -987654321, "float": -9876.5, "object": {"caller": True}}


def main(url, path):
    api.set_provider(OFREPProvider(url, timeout=120.0))
    client = api.get_client()
    ask = {
        "boolean": client.get_boolean_details,
        "string": client.get_string_details,
        "integer": client.get_integer_details,
        "float": client.get_float_details,
        "object": client.get_object_details,
    }
    answers = []
    with open(path, encoding="utf-8") as cases:
        for case in json.load(cases):
            attributes = dict(case["context"])
            key = attributes.pop("targetingKey", None)
            default = DEFAULTS[case["type"]]
            details = ask[case["type"]](case["flag"], default, EvaluationContext(key, attributes))
            answers.append(
                {
                    "value": None if details.variant is None and details.value == default else details.value,
                    "variant": details.variant,
                    "reason": str(getattr(details.reason, "value", details.reason)),
                    "error": details.error_code.value if details.error_code else None,
                    "message": details.error_message,
                }
            )
    json.dump(answers, sys.stdout)


main(sys.argv[1], sys.argv[2])

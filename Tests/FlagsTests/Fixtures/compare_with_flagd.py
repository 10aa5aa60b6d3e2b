"""Reads cases from standard input, one JSON object a line, asks PyPI's openfeature-flagd-core the same and compares.

Prints one JSON object: how many cases there were, how many answers differ, and the first of those.
"""

import collections
import json
import logging
import sys

from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError

logging.disable(logging.CRITICAL)
DEFAULTS = {"boolean": False, "string": "", "float": 0.0, "object": {}}


def ask(case):
    core = FlagdCore()
    core.set_flags(json.dumps(case["document"]))
    attributes = dict(case["context"])
    context = EvaluationContext(attributes.pop("targetingKey", None), attributes)
    resolve = getattr(core, f"resolve_{case['type']}_value")
    try:
        details = resolve("f", DEFAULTS[case["type"]], context)
    except OpenFeatureError as error:
        return {"error": error.error_code.value}
    except Exception as error:  # what the engine lets through counts as an answer, too
        return {"error": type(error).__name__}
    answer = {"variant": details.variant, "reason": details.reason.value, "error": None}
    answer["value"] = None if details.variant is None else details.value
    answer["metadata"] = dict(details.flag_metadata)
    return answer


def same(ours, theirs):
    if ours["error"] is not None or theirs["error"] is not None:
        return ours["error"] == theirs["error"]
    return all(ours[name] == theirs[name] for name in ("variant", "value", "reason", "metadata"))


count = 0
differing = []
kinds = collections.Counter()
for line in sys.stdin:
    case = json.loads(line)
    count += 1
    theirs = ask(case)
    if case["refused"] or not same(case["answer"], theirs):
        differing.append({**case, "theirs": theirs})
    kinds[case["answer"]["error"] or case["answer"]["reason"]] += 1
print(json.dumps({"cases": count, "differing": len(differing), "answers": kinds, "first": differing[:5]}))

"""What predictions are worth, and how scores come about, over HTTP."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Body

from scoring.use_cases.evaluate_predictions import evaluate_predictions
from scoring.use_cases.transparency import transparency
from shared.auth import Reader
from shared.contracts.scoring import Evaluation, EvaluationRequest, Transparency
from shared.problems import responses

router = APIRouter(tags=["evaluations"])

_EXAMPLE: Final = {
    "visits": [
        {"place": "A12", "probability": 0.31, "positive": True, "inspector": "team 1"},
        {"place": "B7", "probability": 0.08, "positive": False, "inspector": "team 1"},
        {"place": "C3", "probability": 0.12, "positive": False},
    ]
}


@router.post("/v1/evaluations", operation_id="evaluatePredictions", responses=responses(403, 422))
async def evaluate(
    caller: Reader, body: Annotated[EvaluationRequest, Body(examples=[_EXAMPLE])]
) -> Evaluation:
    """Measure predictions against outcomes by the figures of model cards; nothing is kept."""
    del caller
    return await asyncio.to_thread(evaluate_predictions, body)


@router.get("/v1/scoring/transparency", operation_id="getTransparency")
async def get_transparency() -> Transparency:
    """Say how scores come about, from what, and who decides; anybody may ask, without a token."""
    return transparency()

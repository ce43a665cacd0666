"""A release as MLflow loads it: this file is the logged code, the release folder its artifact. No pickle.

MLflow runs it from a copy, so it imports the installed packages only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow.models
import mlflow.pyfunc
import pandas as pd
import pyarrow as pa

from models.release import Release, read_release
from models.schema import ARROW_TYPES
from models.scorer import Scorer


class ReleaseModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Probability and model grade of indicator rows."""

    def load_context(self, context: Any) -> None:
        """Opens and verifies the release beside the code; MLflow passes `context` by this name."""
        self.release: Release = read_release(Path(context.artifacts["release"]))

    def predict(
        self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """One row per input row: `probability` and `grade`."""
        del context, params
        columns = [
            pa.array(model_input[spec.name], from_pandas=True).cast(ARROW_TYPES[spec.kind])
            for spec in self.release.schema
        ]
        table = pa.table(columns, names=[spec.name for spec in self.release.schema])
        scores = Scorer(self.release).score(table)
        return pd.DataFrame({"probability": scores.probability, "grade": scores.grade.astype(object)})


mlflow.models.set_model(ReleaseModel())

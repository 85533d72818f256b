"""The CronJob of docs/scheduling.md against the schema of Kubernetes, which knows no other fields."""

import pytest
import yaml
from arrivals import block
from kubernetes_validate import ValidationError, latest_version, validate


@pytest.fixture
def job():
    return yaml.safe_load(block("yaml cronjob.yaml"))


def test_the_schema_takes_the_job(job):
    validate(job, latest_version(), strict=True)


@pytest.mark.parametrize("field", ["concurencyPolicy", "backoffLimit"])
def test_the_schema_refuses_a_field_that_it_does_not_know(job, field):
    # The second one is known, but not there.
    job["spec"][field] = "Forbid"
    with pytest.raises(ValidationError):
        validate(job, latest_version(), strict=True)

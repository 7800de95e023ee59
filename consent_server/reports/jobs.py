"""Verbs of exports in the background: ask, cancel, find, list. What runs them is `preparing`.

An export is queued, then running, then done, failed or cancelled. Whoever asked need not wait: the
request writes access log and ledger, as every export does, and the rest is a job's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Engine,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)

from consent_server import clock
from consent_server.audit.services import Act, record_act
from consent_server.errors import N_, CommandError
from consent_server.reports.exports import Export, Exporter, Order, file_name
from consent_server.reports.ledger import check_off_untouched
from consent_server.reports.models import ExportJob, ExportSchedule
from consent_server.storage.database import db, table_of

HERE: Final = "here"
OPEN_STATES: Final = ("queued", "running")
_JOBS = table_of(ExportJob)
_SCHEDULES = table_of(ExportSchedule)
_KEPT: Final = timedelta(days=30)  # an ended job stays on the page for so long
_MOST_OF_PROBLEM: Final = 300  # characters
_MOST_OF_FIELD: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where the file of a scheduled export goes; by default it waits here."""

    place: str = HERE
    target: str = ""
    file_name: str = ""
    schedule_id: int | None = None


def ask(
    exporter: Exporter,
    order: Order,
    destination: Destination | None = None,
    *,
    expected: int | None = None,
) -> str:
    """Queues an export and returns its reference. Raises CommandError as `Exporter.stream`."""
    goes = destination or Destination()
    order = exporter.enter(order)
    now = clock.now()
    _write(
        insert(_JOBS).values(
            reference=order.reference,
            site_id=order.export.site_id,
            wanted=msgspec.to_builtins(order.export),
            operator=order.operator,
            reason=order.reason,
            purpose=order.purpose,
            schedule_id=goes.schedule_id,
            place=goes.place,
            target=goes.target,
            file_name=goes.file_name or file_name(order.export),
            state="queued",
            row_count=0,
            expected=expected,
            attempts=0,
            due_at=now,
            problem="",
            problem_fields={},
            asked_at=now,
            downloads=0,
        )
    )
    return order.reference


def order_of(job: Row[Any]) -> Order:
    """Returns what was asked for."""
    return Order(
        export=msgspec.convert(job.wanted, Export),
        operator=job.operator,
        reason=job.reason,
        purpose=job.purpose,
        reference=job.reference,
    )


def cancel(reference: str, operator: str) -> bool:
    """Stops an export that is not done; returns whether it was one. The job notices in a second."""
    now = clock.now()
    changed = _write(
        update(_JOBS)
        .where(_JOBS.c.reference == reference, _JOBS.c.state.in_(OPEN_STATES))
        .values(state="cancelled", ended_at=now)
    )
    if changed:
        record_act(Act(operator=operator, act="export.cancel", reference=reference))
        check_off_untouched(reference)
    return bool(changed)


def count_download(reference: str, operator: str) -> None:
    """Writes down that the file of an export was fetched, before its first byte."""
    _write(
        update(_JOBS).where(_JOBS.c.reference == reference).values(downloads=_JOBS.c.downloads + 1)
    )
    record_act(Act(operator=operator, act="export.download", reference=reference))


def find_job(reference: str) -> Row[Any]:
    """Returns one job. Raises CommandError when there is none."""
    job = next(iter(_read(select(_JOBS).where(_JOBS.c.reference == reference))), None)
    if job is None:
        raise CommandError(
            N_("There is no export %(reference)r in the background."), reference=reference
        )
    return job


def jobs_of(site_ids: Sequence[int] | None, limit: int = 50) -> Sequence[Row[Any]]:
    """Returns the jobs of some sites, None: of all; the newest first."""
    query = select(_JOBS).order_by(_JOBS.c.id.desc()).limit(limit)
    return _read(query if site_ids is None else query.where(_JOBS.c.site_id.in_(site_ids)))


def is_file_there(job: Row[Any]) -> bool:
    """Whether the file waits here and may be fetched."""
    return bool(
        job.state == "done"
        and job.place == HERE
        and job.wiped_at is None
        and clock.now() < job.expires_at
    )


def last_of_schedules() -> dict[int, Row[Any]]:
    """Returns the last job of each schedule that had one."""
    last = select(func.max(_JOBS.c.id)).group_by(_JOBS.c.schedule_id)
    query = select(_JOBS).where(_JOBS.c.id.in_(last), _JOBS.c.schedule_id.is_not(None))
    return {job.schedule_id: job for job in _read(query)}


def failing_schedules(engine: Engine) -> int:
    """Returns of how many schedules the last export has failed so far."""
    last = (
        select(func.max(_JOBS.c.id))
        .where(_JOBS.c.schedule_id.in_(select(_SCHEDULES.c.id)))
        .group_by(_JOBS.c.schedule_id)
    )
    failing = _JOBS.c.id.in_(last) & (_JOBS.c.problem != "") & (_JOBS.c.state != "done")
    with engine.connect() as connection:
        return int(connection.execute(select(func.count()).where(failing)).scalar_one())


def next_job() -> Row[Any] | None:
    """Returns the job whose turn it is."""
    due = select(_JOBS).where(_JOBS.c.state == "queued", _JOBS.c.due_at <= clock.now())
    return next(iter(_read(due.order_by(_JOBS.c.due_at, _JOBS.c.id).limit(1))), None)


def expired_jobs() -> Sequence[Row[Any]]:
    """Returns those whose file is there and should not be; one that resisted, after a while."""
    return _read(select(_JOBS).where(_is_expired()))


def finished_here() -> set[str]:
    """Returns the exports whose file waits here."""
    live = (_JOBS.c.state == "done") & (_JOBS.c.place == HERE) & _JOBS.c.wiped_at.is_(None)
    return {job.reference for job in _read(select(_JOBS.c.reference).where(live))}


def has_work() -> bool:
    """Whether the runner has anything to do at this moment; one short read."""
    now = clock.now()
    query = select(
        select(_JOBS.c.id).where(_JOBS.c.state == "running").exists()
        | select(_JOBS.c.id).where(_JOBS.c.state == "queued", _JOBS.c.due_at <= now).exists()
        | select(_JOBS.c.id).where(_is_expired()).exists()
        | select(_SCHEDULES.c.id).where(_SCHEDULES.c.next_at <= now).exists()
    )
    with db.engine.connect() as connection:
        return bool(connection.execute(query).scalar_one())


def change_job(reference: str, *, when: str = "running", **values: Any) -> bool:
    """Changes a job whose state is `when`; returns False when it has another by now."""
    changed = update(_JOBS).where(_JOBS.c.reference == reference, _JOBS.c.state == when)
    return bool(_write(changed.values(values)))


def refuse(reference: str, error: CommandError) -> None:
    """Ends an export that was queued and cannot be made."""
    values = {"state": "failed", "ended_at": clock.now(), **problem_of(error)}
    if change_job(reference, when="queued", **values):
        check_off_untouched(reference)


def problem_of(error: CommandError) -> dict[str, Any]:
    """Returns what a job keeps of an error, so that each reader gets it in his language."""
    fields = {name: str(value)[:_MOST_OF_FIELD] for name, value in error.fields.items()}
    return {"problem": error.template[:_MOST_OF_PROBLEM], "problem_fields": fields}


def failure_of(job: Row[Any]) -> CommandError | None:
    """Returns why the last attempt failed; None if it did not."""
    return CommandError(job.problem, **job.problem_fields) if job.problem else None


def queue_interrupted() -> int:
    """Lets those begin anew whose process died; call only while holding the turn."""
    return _write(update(_JOBS).where(_JOBS.c.state == "running").values(state="queued"))


def forget_old_jobs() -> int:
    """Removes jobs that ended a month ago, and whose file is gone."""
    is_gone = _JOBS.c.wiped_at.is_not(None) | _JOBS.c.state.in_(("failed", "cancelled"))
    before = clock.now() - _KEPT
    return _write(delete(_JOBS).where(_JOBS.c.ended_at < before, is_gone))


def facts(job: Row[Any]) -> Mapping[str, Any]:
    """Returns a job as the command line prints it."""
    return {
        "reference": job.reference,
        "state": job.state,
        "rows": job.row_count,
        "expected": job.expected,
        "place": f"{job.place}:{job.target}" if job.target else job.place,
        "file": job.file_name,
        "problem": str(failure_of(job) or ""),
    }


def _is_expired() -> ColumnElement[bool]:
    now = clock.now()
    return and_(
        _JOBS.c.state == "done",
        _JOBS.c.wiped_at.is_(None),
        _JOBS.c.expires_at <= now,
        _JOBS.c.due_at <= now,
    )


def _read(query: Select[Any]) -> Sequence[Row[Any]]:
    with db.engine.connect() as connection:
        return connection.execute(query).all()


def _write(work: Any) -> int:
    db.session.rollback()  # a read left open would make it wait for itself
    with db.engine.execution_options(writes=True).begin() as connection:
        return connection.execute(work).rowcount

"""How an error reaches a client: the one table of playbill.errors, and field violations."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import grpc
import structlog
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status
from pydantic import ValidationError

from playbill.errors import PlaybillError, grpc_code
from server.requests import explain

log = structlog.get_logger()


def answered(handler: Callable) -> Callable:
    """A method of the service whose errors become the statuses that the contract promises."""

    @wraps(handler)
    def call(service: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            still_wanted(context)
            return handler(service, request, context)
        except ValidationError as error:
            status = rpc_status.to_status(bad_request(error))
        except PlaybillError as error:
            status = _status(grpc.StatusCode[grpc_code(error)], str(error))
        except TimeoutError:
            status = _status(grpc.StatusCode.DEADLINE_EXCEEDED, "the deadline passed.")
        except Exception:
            log.exception("request.failed", method=type(request).__name__)
            status = _status(grpc.StatusCode.INTERNAL, "a defect of the server; see its log.")
        return context.abort_with_status(status)

    return call


def still_wanted(context: grpc.ServicerContext) -> None:
    """Raises TimeoutError when nobody waits for the answer any more."""
    if not context.is_active():
        raise TimeoutError


def bad_request(error: ValidationError) -> status_pb2.Status:
    """INVALID_ARGUMENT with a BadRequest that names each field."""
    violations = [
        error_details_pb2.BadRequest.FieldViolation(field=field, description=text)
        for field, text in explain(error)
    ]
    detail = any_pb2.Any()  # ty: ignore[missing-attribute]
    detail.Pack(error_details_pb2.BadRequest(field_violations=violations))
    message = "; ".join(f"{v.field}: {v.description}" for v in violations)
    return status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message=message, details=[detail])


def _status(code: grpc.StatusCode, message: str) -> grpc.Status:
    number: int = code.value[0]
    return rpc_status.to_status(status_pb2.Status(code=number, message=message))

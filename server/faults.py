"""How an error reaches a client: the one table of playbill.errors, and field violations."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import grpc
import structlog
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status
from pydantic import ValidationError

from playbill.errors import BadInput, PlaybillError, grpc_code
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
            status = bad_request(error)
        except PlaybillError as error:
            code = grpc.StatusCode[grpc_code(error)]
            status = _status(code, str(error), _kind(type(error)))
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


def bad_request(error: ValidationError) -> grpc.Status:
    """The status of a BadInput, with a BadRequest that names each field."""
    violations = [
        error_details_pb2.BadRequest.FieldViolation(field=field, description=text)
        for field, text in explain(error)
    ]
    message = "; ".join(f"{v.field}: {v.description}" for v in violations)
    request = error_details_pb2.BadRequest(field_violations=violations)
    return _status(grpc.StatusCode.INVALID_ARGUMENT, message, request, _kind(BadInput))


def _status(code: grpc.StatusCode, message: str, *details: Message) -> grpc.Status:
    number: int = code.value[0]
    status = status_pb2.Status(code=number, message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return rpc_status.to_status(status)


def _kind(error: type[PlaybillError]) -> error_details_pb2.ErrorInfo:
    """Tells errors of one status code apart."""
    return error_details_pb2.ErrorInfo(reason=error.__name__, domain="playbill")

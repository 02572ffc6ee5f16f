"""Every error a user can cause, and the one table that maps them to exit codes and gRPC codes.

A message says what was wrong, where, and what to do about it.
"""


class PlaybillError(Exception):
    """The root of all errors below; never raised itself."""


class BadInput(PlaybillError):
    """A file, record or argument is malformed. Raised before anything was written."""


class SomeLinesRefused(PlaybillError):
    """An import landed the good lines and refused others."""


class Neo4jUnavailable(PlaybillError):
    """Neo4j cannot be reached, or went away in the middle."""


class Neo4jRefusedLogin(PlaybillError):
    """Neo4j answered, and the user name or password is wrong, or the user lacks a right."""


class PortInUse(PlaybillError):
    """Another process listens on the port."""


class Locked(PlaybillError):
    """Another refresh holds the lock, or other writers keep the event log busy."""


class NothingToLearn(PlaybillError):
    """The graph holds no interactions, or too few to learn from."""


class CandidateRejected(PlaybillError):
    """The refresh trained a model that is worse than what is serving, and kept the old one."""


class BadSnapshot(PlaybillError):
    """A snapshot is truncated, altered, or of an unknown format."""


class BadEventLog(PlaybillError):
    """The event log cannot be read or written: damaged, read-only, or its disk fails."""


class NoSnapshot(PlaybillError):
    """Nothing has been published yet."""


class NoSpace(PlaybillError):
    """The disk is full; what was being written was removed again."""


class NotFound(PlaybillError):
    """A title, user, row, query or node that does not exist was asked for."""


class ServerUnreachable(PlaybillError):
    """The gRPC server cannot be reached."""


class ServerFailed(PlaybillError):
    """The gRPC server answered with an error of its own: it is overloaded, or has a defect."""


class MissingExtra(PlaybillError):
    """A command needs an optional part of Playbill that is not installed."""


# error class: (exit code of the command line, name of the gRPC status code)
# 1 is left for defects of ours and 2 for a wrong command line, as in most Unix tools.
CODES: dict[type[PlaybillError], tuple[int, str]] = {
    BadInput: (3, "INVALID_ARGUMENT"),
    SomeLinesRefused: (4, "INVALID_ARGUMENT"),
    Neo4jUnavailable: (5, "UNAVAILABLE"),
    Neo4jRefusedLogin: (6, "PERMISSION_DENIED"),
    PortInUse: (7, "UNAVAILABLE"),
    Locked: (8, "UNAVAILABLE"),
    NothingToLearn: (9, "FAILED_PRECONDITION"),
    CandidateRejected: (10, "FAILED_PRECONDITION"),
    BadSnapshot: (11, "DATA_LOSS"),
    NoSnapshot: (12, "UNAVAILABLE"),
    NoSpace: (13, "RESOURCE_EXHAUSTED"),
    NotFound: (14, "NOT_FOUND"),
    ServerUnreachable: (15, "UNAVAILABLE"),
    MissingExtra: (16, "UNIMPLEMENTED"),
    BadEventLog: (17, "UNAVAILABLE"),
    ServerFailed: (18, "INTERNAL"),
}


def exit_code(error: PlaybillError) -> int:
    return CODES[type(error)][0]


def grpc_code(error: PlaybillError) -> str:
    return CODES[type(error)][1]

// How far an event log is folded in.
MATCH (f:Fold {id: $log}) RETURN f.position AS position

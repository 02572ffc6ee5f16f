// When the write-back of a model was complete; no row, or null, where it was not.
MATCH (m:Model {id: $id}) RETURN m.written_at AS written_at

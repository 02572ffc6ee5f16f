// The write-back of a snapshot is complete.
MATCH (m:Model {id: $id}) SET m.written_at = $now

// Communities of a model.
UNWIND $rows AS row
MERGE (c:Community {id: row.id}) SET c.size = row.size, c.name = row.name

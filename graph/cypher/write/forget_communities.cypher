// Communities of earlier models.
MATCH (c:Community) WHERE NOT c.id STARTS WITH $model + '/' DETACH DELETE c

// The version of graph.behaviour.TABLE that the edges of this graph were weighed by.
MATCH (s:Schema {id: 'playbill'})
RETURN s.behaviour AS behaviour

// All edges are weighed by this version of graph.behaviour.TABLE.
MATCH (s:Schema {id: 'playbill'})
SET s.behaviour = $behaviour

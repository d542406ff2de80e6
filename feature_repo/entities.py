"""What features are about: the join keys that domains share."""

from feast import Entity, ValueType

origin = Entity(name="origin", description="airport of departure, IATA code", value_type=ValueType.STRING)
dest = Entity(name="dest", description="airport of destination, IATA code", value_type=ValueType.STRING)
carrier = Entity(name="carrier", description="airline, two-character code", value_type=ValueType.STRING)
tailnum = Entity(name="tailnum", description="aircraft, registration number", value_type=ValueType.STRING)

"""The columns of a cycle, and what the sensors measure.

Names: Saxena et al., "Damage propagation modeling for aircraft engine run-to-failure simulation" (2008), table 2.
"""

SUBSET, UNIT, CYCLE, LABEL = "subset", "unit", "cycle", "left"
SUBSETS = ["FD001", "FD002", "FD003", "FD004"]
SETTINGS = ["op1", "op2", "op3"]  # altitude in thousand feet, Mach number, throttle
SENSORS = [f"s{number}" for number in range(1, 22)]
# The sensors that move with wear; the other seven only follow the settings.
TITLES = {
    "s2": "temperature after the fan (T24)",
    "s3": "temperature after the high-pressure compressor (T30)",
    "s4": "temperature after the low-pressure turbine (T50)",
    "s7": "pressure after the high-pressure compressor (P30)",
    "s8": "fan speed (Nf)",
    "s9": "core speed (Nc)",
    "s11": "static pressure after the high-pressure compressor (Ps30)",
    "s12": "fuel flow by Ps30 (phi)",
    "s13": "corrected fan speed (NRf)",
    "s14": "corrected core speed (NRc)",
    "s15": "bypass ratio (BPR)",
    "s17": "bleed enthalpy (htBleed)",
    "s20": "coolant bleed of the high-pressure turbine (W31)",
    "s21": "coolant bleed of the low-pressure turbine (W32)",
}
USED = list(TITLES)
CAP = 125  # remaining life that can be distinguished: a younger engine shows no wear yet. Heimes (2008) has 130.

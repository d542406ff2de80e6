"""The columns of a house: what its owner may state, in which unit, and what the source calls it."""

from typing import NamedTuple


class Number(NamedTuple):
    """A number of a house: its source, the lowest and highest value that is accepted, a title and a description."""

    source: str
    low: float
    high: float
    title: str
    description: str = ""


LABEL = "sold_for"
REQUIRED = ("neighborhood", "living_area", "year_built")  # without these, a price would be that of any house
AREA = "square feet"
NUMBERS = {
    "living_area": Number("area", 300, 6_000, "Living area", f"above ground, {AREA}"),
    "year_built": Number("Year.Built", 1870, 2010, "Year built"),
    "overall_quality": Number("Overall.Qual", 1, 10, "Quality", "of material and finish, 1 very poor to 10 excellent"),
    "overall_condition": Number("Overall.Cond", 1, 10, "Condition", "1 very poor to 10 excellent"),
    "year_remodelled": Number("Year.Remod.Add", 1870, 2010, "Year remodelled", "that of building, where it never was"),
    "lot_area": Number("Lot.Area", 1_000, 220_000, "Lot", AREA),
    "lot_frontage": Number("Lot.Frontage", 20, 320, "Frontage", "feet of street connected to the property"),
    "second_floor": Number("X2nd.Flr.SF", 0, 2_500, "Second floor", f"{AREA}; 0 for none"),
    "basement_area": Number("Total.Bsmt.SF", 0, 6_200, "Basement", f"{AREA}; 0 for none"),
    "basement_finished": Number("finished", 0, 5_700, "Finished basement", AREA),
    "bedrooms": Number("Bedroom.AbvGr", 0, 10, "Bedrooms", "above ground"),
    "rooms": Number("TotRms.AbvGrd", 1, 16, "Rooms", "above ground, without bathrooms"),
    "full_baths": Number("Full.Bath", 0, 5, "Full bathrooms", "above ground"),
    "half_baths": Number("Half.Bath", 0, 3, "Half bathrooms", "above ground"),
    "basement_baths": Number("Bsmt.Full.Bath", 0, 3, "Full bathrooms in the basement"),
    "kitchens": Number("Kitchen.AbvGr", 0, 4, "Kitchens", "above ground"),
    "fireplaces": Number("Fireplaces", 0, 5, "Fireplaces"),
    "garage_cars": Number("Garage.Cars", 0, 5, "Garage", "for how many cars; 0 for none"),
    "garage_area": Number("Garage.Area", 0, 1_600, "Garage area", AREA),
    "veneer_area": Number("Mas.Vnr.Area", 0, 1_700, "Masonry veneer", AREA),
    "deck": Number("Wood.Deck.SF", 0, 1_500, "Wood deck", AREA),
    "open_porch": Number("Open.Porch.SF", 0, 800, "Open porch", AREA),
    "closed_porch": Number("closed", 0, 1_100, "Closed or screened porch", AREA),
    "latitude": Number("Latitude", 41.98, 42.07, "Latitude", "degrees"),
    "longitude": Number("Longitude", -93.70, -93.57, "Longitude", "degrees"),
    "year_sold": Number("Yr.Sold", 2006, 2010, "Year of the sale", "2006 to 2010; 2010 where it is left out"),
    "month_sold": Number("Mo.Sold", 1, 12, "Month of the sale", "7 where it is left out"),
}
DEFAULTS = {"year_sold": 2010.0, "month_sold": 7.0}  # not filled in from other houses: the end of the data
QUALITY = {"Po": "poor", "Fa": "fair", "TA": "typical", "Gd": "good", "Ex": "excellent"}
# Column -> its source, and the codes of the source from the worst to the best, with what an owner calls them. What is
# not there has a name: the page shows "none" where a field is left out.
ORDINALS: dict[str, tuple[str, dict[str, str]]] = {
    "exterior_quality": ("Exter.Qual", QUALITY),
    "exterior_condition": ("Exter.Cond", QUALITY),
    "kitchen_quality": ("Kitchen.Qual", QUALITY),
    "heating_quality": ("Heating.QC", QUALITY),
    "basement_quality": ("Bsmt.Qual", {"none": "no basement"} | QUALITY),  # its height
    "fireplace_quality": ("Fireplace.Qu", {"none": "no fireplace"} | QUALITY),
    "basement_exposure": (
        "Bsmt.Exposure",
        {"none": "no basement", "No": "no", "Mn": "minimal", "Av": "average", "Gd": "good"},
    ),
    "basement_finish": (
        "BsmtFin.Type.1",
        {"none": "no basement", "Unf": "unfinished", "LwQ": "low quality", "Rec": "rec room"}
        | {"BLQ": "below average", "ALQ": "average", "GLQ": "good"},
    ),
    "garage_finish": (
        "Garage.Finish",
        {"none": "no garage", "Unf": "unfinished", "RFn": "partly", "Fin": "finished"},
    ),
    "functional": (
        "Functional",
        {"Sal": "salvage only", "Sev": "severely damaged", "Maj2": "major deductions 2", "Maj1": "major deductions 1"}
        | {"Mod": "moderate deductions", "Min2": "minor deductions 2", "Min1": "minor deductions 1", "Typ": "typical"},
    ),
    "driveway": ("Paved.Drive", {"N": "dirt or gravel", "P": "partly paved", "Y": "paved"}),
    "lot_shape": (
        "Lot.Shape",
        {"IR3": "irregular", "IR2": "moderately irregular", "IR1": "slightly irregular", "Reg": "regular"},
    ),
}
# Column -> its source, and the codes with what an owner calls them; an empty dict takes the codes as they are.
CATEGORIES: dict[str, tuple[str, dict[str, str]]] = {
    "neighborhood": ("Neighborhood", {}),
    "zoning": (
        "MS.Zoning",
        {"RL": "low density", "RM": "medium density", "RH": "high density", "FV": "floating village"}
        | {"C (all)": "commercial", "I (all)": "industrial", "A (agr)": "agriculture"},
    ),
    "building": (
        "Bldg.Type",
        {"1Fam": "one family", "2fmCon": "two families", "Duplex": "duplex", "Twnhs": "townhouse"}
        | {"TwnhsE": "townhouse at the end"},
    ),
    "style": (
        "House.Style",
        {"1Story": "one storey", "1.5Fin": "one and a half, finished", "1.5Unf": "one and a half, unfinished"}
        | {"2Story": "two storeys", "2.5Fin": "two and a half, finished", "2.5Unf": "two and a half, unfinished"}
        | {"SFoyer": "split foyer", "SLvl": "split level"},
    ),
    "nearby": (
        "Condition.1",
        {"Norm": "nothing", "Artery": "arterial street", "Feedr": "feeder street", "PosN": "near a park"}
        | {"PosA": "at a park", "RRNn": "near the north-south railroad", "RRAn": "at the north-south railroad"}
        | {"RRNe": "near the east-west railroad", "RRAe": "at the east-west railroad"},
    ),
    "lot": (
        "Lot.Config",
        {"Inside": "inside", "Corner": "corner", "CulDSac": "cul-de-sac", "FR2": "two sides", "FR3": "three sides"},
    ),
    "contour": (
        "Land.Contour",
        {"Lvl": "level", "Bnk": "banked", "HLS": "hillside", "Low": "depression"},
    ),
    "foundation": (
        "Foundation",
        {"PConc": "concrete", "CBlock": "cinder block", "BrkTil": "brick and tile", "Slab": "slab", "Stone": "stone"}
        | {"Wood": "wood"},
    ),
    "exterior": (
        "Exterior.1st",
        {"VinylSd": "vinyl", "MetalSd": "metal", "HdBoard": "hardboard", "Wd Sdng": "wood siding", "Plywood": "plywood"}
        | {"CemntBd": "cement board", "BrkFace": "brick face", "WdShing": "wood shingles", "AsbShng": "asbestos"}
        | {"Stucco": "stucco", "BrkComm": "common brick", "AsphShn": "asphalt", "CBlock": "cinder block"}
        | {"Stone": "stone", "PreCast": "precast", "ImStucc": "imitation stucco"},
    ),
    "garage": (
        "Garage.Type",
        {"none": "no garage", "Attchd": "attached", "Detchd": "detached", "BuiltIn": "built in", "Basment": "basement"}
        | {"CarPort": "car port", "2Types": "several"},
    ),
    "central_air": ("Central.Air", {"Y": "yes", "N": "no"}),
    "fence": (
        "Fence",
        {"none": "no fence", "GdPrv": "good privacy", "MnPrv": "minimum privacy", "GdWo": "good wood"}
        | {"MnWw": "minimum wood or wire"},
    ),
}
# Field -> the one that it is never above.
WITHIN = {"basement_finished": "basement_area", "second_floor": "living_area", "year_built": "year_remodelled"}
INPUTS = [*NUMBERS, *ORDINALS, *CATEGORIES]
TEXTS = [*ORDINALS, *CATEGORIES]

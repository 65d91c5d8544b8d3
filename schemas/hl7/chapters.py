"""The chapters of the standard (numbers as of 2.8) that say what a segment, a type, a table or a message is."""

SEGMENTS = {
    "2": "MSH MSA ERR", "3": "AL1 EVN MRG PD1 PID PV1", "4": "OBR ORC", "4A": "RXA RXD RXE RXG", "5": "QPD RDT",
    "6": "DG1 FT1 IN1 PR1 UB1", "7": "OBX", "8": "MFA MFE", "10": "SCH", "12": "GOL", "13": "ECD INV SAC TCC",
}
MESSAGES = {
    "3": "ADT", "4": "BPS BRP BRT BTS OMB OMD OMG OMI OML OMN OMS OPL OPR ORB ORD ORG ORI ORL ORN ORR ORS VXU",
    "4A": "OMP ORP RAS RDE RDR RDS RGV RRA RRD RRE RRG", "5": "QBP QVR RSP RTB", "6": "BAR DFT",
    "7": "CRM CSU OPU ORU OSM OUL PEX", "8": "MFN MFR", "9": "MDM", "10": "SIU SRM SRR",
    "11": "CCI CCM CCQ CCR CCU CQU REF RPA RPI RPL RPR RQA RQI RQP RRI", "12": "PGL PPG PPP PPR",
    "13": "EAC EAN EAR SSR SSU TCU", "14": "NMD", "15": "PMU", "16": "EHC", "17": "SDR",
}


def chapter(kind, row):
    """Of a row of exceptions.txt: kind S, C, T or M."""
    if kind in "CT":
        return {"C": "2A", "T": "2C"}[kind]
    return next(number for number, names in (SEGMENTS if kind == "S" else MESSAGES).items() if row[:3] in names.split())

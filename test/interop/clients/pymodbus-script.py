"""Debian's pymodbus: one step a line as JSON on standard input, its outcome as JSON on standard output."""
import json
import sys

from pymodbus.client import ModbusTcpClient
from pymodbus.constants import Endian
from pymodbus.exceptions import ModbusException
from pymodbus.other_message import ReadExceptionStatusRequest
from pymodbus.payload import BinaryPayloadDecoder

ORDERS = {
    "ABCD": (Endian.Big, Endian.Big),
    "CDAB": (Endian.Big, Endian.Little),
    "BADC": (Endian.Little, Endian.Big),
    "DCBA": (Endian.Little, Endian.Little),
}
NUMBERS = {
    "uint16": (1, "decode_16bit_uint"),
    "int16": (1, "decode_16bit_int"),
    "uint32": (2, "decode_32bit_uint"),
    "int32": (2, "decode_32bit_int"),
    "uint64": (4, "decode_64bit_uint"),
    "float32": (2, "decode_32bit_float"),
    "float64": (4, "decode_64bit_float"),
}

client = ModbusTcpClient(sys.argv[1], port=int(sys.argv[2]), timeout=3)
if not client.connect():
    raise SystemExit("no connection")


class Refused(Exception):
    pass


def checked(response):
    if isinstance(response, Exception):
        raise response
    if response.isError():
        raise Refused(response.exception_code)
    return response


def decoder(registers, order):
    byteorder, wordorder = ORDERS[order]
    return BinaryPayloadDecoder.fromRegisters(registers, byteorder=byteorder, wordorder=wordorder)


def run(step):
    unit = step.get("unit", 7)
    address = step.get("address")
    kind = step["do"]
    if kind == "read-bits":
        read = client.read_coils if step["table"] == "coil" else client.read_discrete_inputs
        return [int(bit) for bit in checked(read(address, step["quantity"], slave=unit)).bits[: step["quantity"]]]
    if kind == "read-registers":
        read = client.read_holding_registers if step["table"] == "holding" else client.read_input_registers
        return checked(read(address, step["quantity"], slave=unit)).registers
    if kind == "read-number":
        words, decode = NUMBERS[step["type"]]
        registers = checked(client.read_input_registers(address, words, slave=unit)).registers
        # A lone register has no order, whatever the order of longer values.
        return getattr(decoder(registers, step["order"] if words > 1 else "ABCD"), decode)()
    if kind == "read-text":
        registers = checked(client.read_holding_registers(address, step["words"], slave=unit)).registers
        swapped = step["order"] in ("BADC", "DCBA")
        data = b"".join(each.to_bytes(2, "little" if swapped else "big") for each in registers)
        return data.split(b"\0")[0].decode()
    if kind == "write-coil":
        checked(client.write_coil(address, step["value"] == 1, slave=unit))
    elif kind == "write-register":
        checked(client.write_register(address, step["value"], slave=unit))
    elif kind == "write-coils":
        checked(client.write_coils(address, [value == 1 for value in step["values"]], slave=unit))
    elif kind == "write-registers":
        checked(client.write_registers(address, step["values"], slave=unit))
    elif kind == "read-write":
        return checked(
            client.readwrite_registers(
                read_address=address,
                read_count=step["quantity"],
                write_address=address,
                write_registers=step["values"],
                unit=unit,
            )
        ).registers
    elif kind == "mask-write":
        checked(client.mask_write_register(address=address, and_mask=step["and"], or_mask=step["or"], unit=unit))
    elif kind == "unknown-function":
        request = ReadExceptionStatusRequest()
        request.unit_id = unit
        checked(client.execute(request))
    else:
        raise SystemExit(f"no such step: {kind}")
    return "written"


for line in sys.stdin:
    try:
        outcome = run(json.loads(line))
    except Refused as refused:
        outcome = {"exception": refused.args[0]}
    except ModbusException as error:
        outcome = f"failed: {error}"
    print(json.dumps(outcome), flush=True)

"""Early warnings (监测预警): rules over two registers and the records known; no file, no reader, no clock."""

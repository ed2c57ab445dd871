/**
 * Product types that get-product-data.md names, as far as drivers of virtual machines could want one; the service knows
 * about 130. What is not listed deserves a warning, not a refusal.
 */
export const PRODUCT_TYPES: readonly string[] = [
  ...['Unclassified', 'Server Virtualization Validation Program', 'Generic Controller', 'Cluster', 'Router'],
  ...['LAN', 'LAN (Server)', 'LAN CS', 'LAN Virtual Machine (Server)', 'WLAN', 'WLAN CSB'],
  ...['Mobile Broadband CDMA', 'Mobile Broadband GSM', 'Bluetooth Controller', 'Bluetooth Controller Non USB'],
  ...['Storage Controller', 'Storage Spaces Adapter', 'Storage Spaces Drive', 'Storage Array', 'Hard Drive'],
  ...['Optical Drive', 'Removable Storage', 'Smartcard Reader', 'TPM20', 'USB Controller', 'USB Hub'],
  ...['Keyboard', 'Keyboard Video Mouse Switch', 'Pointing Drawing', 'Pen Digitizer', 'PrecisionTouchpad', 'Touch'],
  ...['Monitor', 'Touch Monitor', 'LCD', 'Projector', 'Audio Device', 'Audio Processing Objects', 'Camera', 'WebCam'],
  ...['Accelerometer', 'Gyroscope', 'Light', 'Location', 'Motion Fusion', 'Presence', 'NFC'],
  ...['All In One', 'Convertible Tablet', 'Desktop', 'Laptop', 'Laptop with Touch', 'Motherboard', 'Server', 'Tablet'],
];

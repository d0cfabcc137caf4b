pub struct HostGate;

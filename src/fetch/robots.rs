pub struct Robots;

/// The version of Tessera, which programs and the scripts of `launch` show.
public let tesseraVersion = "0.1.0"

// swimg

import ImageSpec
